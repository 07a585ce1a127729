// Asks the golden questions: Golden.exe FOLDER. See tests/golden/questions.tsv.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Linewarden;

static class Golden
{
    static string folder;
    static readonly Dictionary<string, Engine> engines = new Dictionary<string, Engine>();

    static string Yes(bool answer)
    {
        return answer ? "yes" : "no";
    }

    static string Names(Engine engine, params uint[] parties)
    {
        return parties.Length == 0 ? "nobody" : string.Join(" ", parties.Select(engine.Text));
    }

    static Engine Open(string source)
    {
        return new Engine(folder + "/companies/" + source);
    }

    static uint[] FindAll(Engine engine, string names)
    {
        return names.Split(' ').Select(engine.Find).ToArray();
    }

    // forward_set is ForwardSet in C#.
    static T Named<T>(string name)
    {
        return (T)Enum.Parse(typeof(T), name.Replace("_", ""), true);
    }

    static string Answer(string[] field)
    {
        string ask = field[0], given = field[5];
        if (ask == "open")
        {
            Open(field[1]).Dispose();
            return "open";
        }
        Engine engine;
        if (!engines.TryGetValue(field[1], out engine))
            engines[field[1]] = engine = Open(field[1]);
        if (ask == "may_named")
            return Yes(engine.MayNamed(field[2], field[3], field[4]));
        if (ask == "resolve")
            return Names(engine, engine.Resolve(field[2]));
        if (ask == "line_of")
            return engine.LineOf(engine.Find(field[2]), field[5]).ToString();
        if (ask == "dial_line")
            return engine.Dial(engine.Find(field[2]), field[5]).Line.ToString();
        Right right = Engine.RightByName(field[3]);
        if (ask == "may_each_target")
            return string.Join(" ", engine.MayEachTarget(engine.Find(field[2]), right, FindAll(engine, field[4])).Select(Yes));
        if (ask == "may_each_actor")
            return string.Join(" ", engine.MayEachActor(FindAll(engine, field[2]), right, engine.Find(field[4])).Select(Yes));
        uint actor = engine.Find(field[2]), target = engine.Find(field[4]);
        switch (ask)
        {
            case "may": return Yes(engine.May(actor, right, target));
            case "may_in_call": return Yes(engine.MayInCall(actor, right, target, Named<Role>(given)));
            case "may_pick_up": return Yes(engine.MayPickUp(actor, target, uint.Parse(given)));
            case "may_set_forward": return Yes(engine.MaySetForward(actor, target, uint.Parse(given)));
            case "may_bypass_forward": return Yes(engine.MayBypassForward(actor, target));
            case "may_see_busy": return Yes(engine.MaySeeBusy(actor, target));
            case "may_log_in": return Yes(engine.MayLogIn(actor, target));
            case "may_see_caller":
                string[] words = given.Split(' ');
                return Yes(engine.MaySeeCaller(actor, target, uint.Parse(words[1]), Named<Direction>(words[0])));
            case "may_forward_to":
                string[] where = given.Split(' ');
                return Yes(engine.MayForwardTo(actor, target, uint.Parse(where[0]), where[1]));
            case "may_call": return Yes(engine.MayCall(actor, given));
            case "rights_of": return Yes(engine.RightsOf(actor, target).Has(right));
            case "decide":
                Decision decision = engine.Decide(actor, right, target);
                return Yes(decision.Allowed) + " " + (uint)decision.Reason;
            case "explain": return Yes(engine.Explain(actor, right, target).Contains("\"allowed\":true"));
            case "who": return Names(engine, engine.Who(right, target));
            case "whom": return Names(engine, engine.Whom(actor, right));
            case "dial":
                Dialled dialled = engine.Dial(actor, given);
                string function = Regex.Replace(dialled.Function.ToString(), "(?<!^)([A-Z])", "_$1").ToLowerInvariant();
                return (function + " " + Names(engine, dialled.Subject) + " " + Yes(dialled.Allowed) + " " + dialled.Digits).Trim();
            default: throw new ArgumentException("`" + ask + "` is no question");
        }
    }

    static void Check(bool condition)
    {
        if (!condition)
            throw new Exception("a refusal that was none");
    }

    // Faults possible in C# alone: invalid texts, a disposed engine.
    static void Refusals()
    {
        Engine engine = Open("mixed.toml");
        uint alice = engine.Find("alice"), diana = engine.Find("diana");
        Check(engine.May(alice, Right.CallPickup, diana) && !engine.May(alice, Right.None, diana));
        Check(engine.Find("alice\0x") == 0 && engine.Find("ali\ud800") == 0 && engine.Find(null) == 0);
        Check(engine.Find(null, "alice") == 0 && engine.Find("brenner.example", "alice") == alice);
        engine.Dispose();
        engine.Dispose();
        try
        {
            engine.May(alice, Right.CallPickup, diana);
        }
        catch (ObjectDisposedException)
        {
            return;
        }
        Check(false);
    }

    static int Main(string[] arguments)
    {
        folder = arguments[0];
        Refusals();
        int questions = 0, wrong = 0;
        foreach (string line in File.ReadAllLines(folder + "/questions.tsv"))
        {
            if (line == "" || line.StartsWith("#", StringComparison.Ordinal))
                continue;
            string[] field = line.Split('\t');
            string said;
            try
            {
                said = Answer(field);
            }
            catch (LinewardenException error)
            {
                Check(error.Message != "");
                said = "error " + (int)error.Status;
            }
            questions++;
            if (said != field[6])
            {
                wrong++;
                Console.WriteLine(line + ": answered " + said);
            }
        }
        Console.WriteLine("C#: " + questions + " questions, " + wrong + " wrong");
        return questions > 200 && wrong == 0 ? 0 : 1;
    }
}
