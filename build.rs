//! With the feature `capi`: makes the C header from `src/ffi/`, gives the library its SONAME, and hands the version numbers of
//! `Cargo.toml` to both. Without it there is nothing to do.
//!
//! The header in `include/` is committed, so that a C programmer can read and use it without Rust. It is written only when it
//! differs, and not being able to write there (an unpacked crate, a read-only tree) is no error; `tests/header.rs` compares.

#[cfg(not(feature = "capi"))]
fn main() {}

#[cfg(feature = "capi")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    capi::make()
}

#[cfg(feature = "capi")]
mod capi {
    use std::env;
    use std::error::Error;
    use std::fs;
    use std::path::{Path, PathBuf};

    /// The files that make the header, in its order.
    const FACES: [&str; 19] = [
        "types",
        "rights",
        "engine",
        "error",
        "names",
        "check",
        "batch",
        "named",
        "list",
        "explain",
        "dial",
        "destination",
        "change",
        "admin",
        "fresh",
        "shadow",
        "watch",
        "messages",
        "version",
    ];

    pub fn make() -> Result<(), Box<dyn Error>> {
        let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
        let out = PathBuf::from(env::var("OUT_DIR")?);
        for input in ["build.rs", "cbindgen.toml", "Cargo.toml", "include/linewarden.h", "src/ffi"] {
            println!("cargo:rerun-if-changed={input}");
        }

        let version = Version::read(&root)?;
        fs::write(out.join("version.rs"), version.rust())?;

        let header = header(&root, &version)?;
        fs::write(out.join("linewarden.h"), &header)?;
        let committed = root.join("include/linewarden.h");
        if fs::read_to_string(&committed).ok().as_deref() != Some(&header) {
            // The tree may be read-only; the copy in OUT_DIR is then the one that counts.
            let _ = fs::create_dir_all(root.join("include")).and_then(|()| fs::write(&committed, &header));
        }

        if env::var("CARGO_CFG_TARGET_OS")? == "linux" {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,liblinewarden.so.{}", version.abi);
            // After dlclose the library stays mapped. A PBX unloads and reloads its modules while calls are up: a thread that is
            // still inside a check would run into unmapped code, and memory the old copy allocated would outlive the statics that
            // know of it. The price: a new build of the library is not loaded before the process starts again.
            println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
        }
        Ok(())
    }

    /// The numbers C programs compare.
    struct Version {
        text: String,
        parts: [u32; 3],
        abi: u32,
    }

    impl Version {
        fn read(root: &Path) -> Result<Version, Box<dyn Error>> {
            let part = |name: &str| Ok::<u32, Box<dyn Error>>(env::var(format!("CARGO_PKG_VERSION_{name}"))?.parse()?);
            let manifest = fs::read_to_string(root.join("Cargo.toml"))?;
            let section =
                manifest.split("[package.metadata.linewarden]").nth(1).ok_or("Cargo.toml names no ABI number")?;
            let line =
                section.lines().find_map(|line| line.strip_prefix("abi = ")).ok_or("Cargo.toml names no ABI number")?;
            Ok(Version {
                text: env::var("CARGO_PKG_VERSION")?,
                parts: [part("MAJOR")?, part("MINOR")?, part("PATCH")?],
                abi: line.trim().parse()?,
            })
        }

        fn number(&self) -> u32 {
            let [major, minor, patch] = self.parts;
            major * 1_000_000 + minor * 1000 + patch
        }

        fn rust(&self) -> String {
            let (text, number, abi) = (&self.text, self.number(), self.abi);
            format!(
                "const VERSION: &std::ffi::CStr = c\"{text}\";\nconst VERSION_NUMBER: u32 = {number};\nconst ABI_VERSION: u32 = {abi};\n"
            )
        }

        fn c(&self) -> String {
            let (text, number, abi) = (&self.text, self.number(), self.abi);
            let [major, minor, patch] = self.parts;
            let rule = "-".repeat(87);
            format!(
                "/* ---- Version of this header {rule} */\n\n/** As text. */\n#define LW_VERSION \"{text}\"\n\
             /** The same in parts. */\n#define LW_VERSION_MAJOR {major}\n\
             /** The same in parts. */\n#define LW_VERSION_MINOR {minor}\n\
             /** The same in parts. */\n#define LW_VERSION_PATCH {patch}\n\
             /** The same as a number: major * 1000000 + minor * 1000 + patch. */\n#define LW_VERSION_NUMBER {number}\n\
             /** The ABI this header describes: compare it with lw_abi_version(). */\n#define LW_ABI_VERSION {abi}\n"
            )
        }
    }

    fn header(root: &Path, version: &Version) -> Result<String, Box<dyn Error>> {
        let mut config = cbindgen::Config::from_file(root.join("cbindgen.toml"))?;
        let macros = config.after_includes.take().unwrap_or_default();
        config.after_includes = Some(format!("{}\n{macros}", version.c()));
        let mut builder = cbindgen::Builder::new().with_config(config);
        for face in FACES {
            builder = builder.with_src(root.join("src/ffi").join(face).with_extension("rs"));
        }
        let mut text = Vec::new();
        builder.generate()?.write(&mut text);
        Ok(polish(&String::from_utf8(text)?))
    }

    /// What cbindgen cannot do: a comment of one line becomes one line, constants of a family stand together, a negative number is
    /// put in parentheses, and a heading that stands first in a documentation (`# Title`) becomes a banner before it.
    fn polish(generated: &str) -> String {
        let mut out = String::with_capacity(generated.len());
        let mut lines = generated.lines().peekable();
        while let Some(line) = lines.next() {
            let indent = line.len() - line.trim_start().len();
            if line.trim_start() != "/**" {
                match line.strip_prefix("#define ").and_then(|define| define.split_once(" -")) {
                    Some((name, number)) => out.push_str(&format!("#define {name} (-{number})\n")),
                    None => out.push_str(&format!("{line}\n")),
                }
                continue;
            }
            let mut comment: Vec<&str> = lines.by_ref().take_while(|line| line.trim_start() != "*/").collect();
            let title = comment.first().and_then(|first| first.strip_prefix(" * # "));
            if let Some(title) = title {
                let rule = "-".repeat(110_usize.saturating_sub(title.len()));
                out.push_str(&format!("/* ---- {title} {rule} */\n\n"));
                // The heading, and the empty line after it.
                comment.drain(..2);
            } else if out.ends_with("\n\n") && lines.peek().is_some_and(|next| next.starts_with("#define LW_")) {
                out.pop();
            }
            let pad = " ".repeat(indent);
            match comment.as_slice() {
                [only] => out.push_str(&format!("{pad}/** {} */\n", only.trim_start().trim_start_matches("* "))),
                several => out.push_str(&format!("{pad}/**\n{}\n{pad} */\n", several.join("\n"))),
            }
        }
        out.replace("#include <stdint.h>\n", "#include <stdint.h>\n\n").replace("\n\n\n", "\n\n")
    }
}
