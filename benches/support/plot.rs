//! Small SVG pictures of the figures: bars on a logarithmic scale, and a latency histogram.

use std::fmt::Write as _;
use std::path::PathBuf;

const FONT: &str = "font-family=\"sans-serif\" font-size=\"12\"";

/// Where the plots of this run belong.
pub fn folder() -> PathBuf {
    let folder = std::env::var_os("PLOTS").map_or_else(|| PathBuf::from("docs/performance"), PathBuf::from);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

pub struct Bar {
    pub name: String,
    pub value: f64,
    pub text: String,
    /// A mark across the bar.
    pub mark: Option<f64>,
    pub good: bool,
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// Horizontal bars on a logarithmic scale from `least` on.
pub fn bars(file: &str, title: &str, least: f64, bars: &[Bar]) {
    const LEFT: f64 = 330.0;
    const WIDTH: f64 = 420.0;
    let most = bars.iter().map(|bar| bar.value.max(bar.mark.unwrap_or(0.0))).fold(least * 10.0, f64::max);
    let x = |value: f64| LEFT + WIDTH * ((value.max(least) / least).ln() / (most / least).ln()).clamp(0.0, 1.0);
    let height = 40 + bars.len() * 22 + 10;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 860 {height}\" {FONT}>\n\
         <rect width=\"860\" height=\"{height}\" fill=\"#fff\"/>\n<text x=\"10\" y=\"20\" font-size=\"14\">{}</text>\n",
        escaped(title)
    );
    for (place, bar) in bars.iter().enumerate() {
        let y = 34 + place * 22;
        let colour = if bar.good { "#4a7fb5" } else { "#c0504d" };
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
            LEFT - 8.0,
            y + 13,
            escaped(&bar.name)
        );
        let width = (x(bar.value) - LEFT).max(1.0);
        let _ = writeln!(svg, "<rect x=\"{LEFT}\" y=\"{y}\" width=\"{width:.1}\" height=\"16\" fill=\"{colour}\"/>");
        let end = x(bar.value.max(bar.mark.unwrap_or(0.0)));
        let _ = writeln!(svg, "<text x=\"{:.1}\" y=\"{}\">{}</text>", end + 6.0, y + 13, escaped(&bar.text));
        if let Some(mark) = bar.mark {
            let at = x(mark);
            let _ = writeln!(svg, "<path d=\"M{at:.1} {}v20\" stroke=\"#000\" stroke-width=\"2\"/>", y - 2);
        }
    }
    svg.push_str("</svg>\n");
    std::fs::write(folder().join(file), svg).unwrap();
}

/// Curves of "so many of all calls took longer than so long": each a name, a colour and its nanoseconds, sorted.
pub fn tails(file: &str, title: &str, curves: &[(&str, &str, &[f64])]) {
    let (left, top, width, height) = (60.0, 40.0, 560.0, 300.0);
    let (least, most) = (1.0f64, 1e6f64);
    let x = |nanos: f64| left + width * (nanos.clamp(least, most) / least).ln() / (most / least).ln();
    // 1 to one in a million, from the top down.
    let y = |share: f64| top + height * (-share.log10() / 6.0).clamp(0.0, 1.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 860 390\" {FONT}>\n\
         <rect width=\"860\" height=\"390\" fill=\"#fff\"/>\n<text x=\"10\" y=\"20\" font-size=\"14\">{}</text>\n",
        escaped(title)
    );
    for (nanos, name) in
        [(1.0, "1 ns"), (10.0, "10"), (100.0, "100"), (1e3, "1 µs"), (1e4, "10"), (1e5, "100"), (1e6, "1 ms")]
    {
        let at = x(nanos);
        let _ = writeln!(
            svg,
            "<path d=\"M{at:.1} {top}v{height}\" stroke=\"#ddd\"/><text x=\"{at:.1}\" y=\"358\" text-anchor=\"middle\">{name}</text>"
        );
    }
    for (share, name) in
        [(1.0, "all"), (0.1, "p90"), (0.01, "p99"), (1e-3, "p99.9"), (1e-4, "p99.99"), (1e-5, "p99.999")]
    {
        let at = y(share);
        let _ = writeln!(
            svg,
            "<path d=\"M{left} {at:.1}h{width}\" stroke=\"#ddd\"/><text x=\"54\" y=\"{:.1}\" text-anchor=\"end\">{name}</text>",
            at + 4.0
        );
    }
    for (place, (name, colour, nanos)) in curves.iter().enumerate() {
        let mut path = String::new();
        let count = nanos.len();
        let mut before = String::new();
        for step in 0..=240 {
            let share = 10f64.powf(-(step as f64) / 40.0);
            let at = ((count as f64 * (1.0 - share)) as usize).min(count - 1);
            let point = format!("{:.0} {:.0}", x(nanos[at]), y(share));
            if point != before {
                let _ = write!(path, "{}{point}", if path.is_empty() { "M" } else { "L" });
            }
            before = point;
        }
        let _ = writeln!(svg, "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>");
        let y = 60 + place * 20;
        let _ = writeln!(
            svg,
            "<path d=\"M640 {}h20\" stroke=\"{colour}\" stroke-width=\"3\"/><text x=\"666\" y=\"{y}\">{}</text>",
            y - 4,
            escaped(name)
        );
    }
    svg.push_str("</svg>\n");
    std::fs::write(folder().join(file), svg).unwrap();
}
