import dev.linewarden.Direction;
import dev.linewarden.Engine;
import dev.linewarden.Function;
import dev.linewarden.LinewardenException;
import dev.linewarden.Right;
import dev.linewarden.Role;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Asks the golden questions: Golden FOLDER. See tests/golden/questions.tsv. */
public final class Golden {
    private static final Map<String, Engine> ENGINES = new HashMap<>();
    private static Path folder;

    private Golden() {
    }

    private static String yes(boolean answer) {
        return answer ? "yes" : "no";
    }

    private static String yes(boolean[] answers) {
        List<String> words = new ArrayList<>();
        for (boolean answer : answers) {
            words.add(yes(answer));
        }
        return String.join(" ", words);
    }

    private static String names(Engine engine, int... parties) {
        return parties.length == 0 ? "nobody"
                : Arrays.stream(parties).mapToObj(engine::text).collect(Collectors.joining(" "));
    }

    private static Engine open(String source) {
        return new Engine(folder.resolve("companies").resolve(source).toString());
    }

    private static int[] findAll(Engine engine, String names) {
        return Arrays.stream(names.split(" ")).mapToInt(engine::find).toArray();
    }

    private static String answer(String[] field) {
        String ask = field[0];
        if (ask.equals("open")) {
            open(field[1]).close();
            return "open";
        }
        Engine engine = ENGINES.computeIfAbsent(field[1], Golden::open);
        if (ask.equals("may_named")) {
            return yes(engine.mayNamed(field[2], field[3], field[4]));
        }
        if (ask.equals("resolve")) {
            return names(engine, engine.resolve(field[2]));
        }
        if (ask.equals("line_of")) {
            return Integer.toString(engine.lineOf(engine.find(field[2]), field[5]));
        }
        if (ask.equals("dial_line")) {
            return Integer.toString(engine.dial(engine.find(field[2]), field[5]).line());
        }
        int right = Engine.right(field[3]);
        if (ask.equals("may_each_target")) {
            return yes(engine.mayEachTarget(engine.find(field[2]), right, findAll(engine, field[4])));
        }
        if (ask.equals("may_each_actor")) {
            return yes(engine.mayEachActor(findAll(engine, field[2]), right, engine.find(field[4])));
        }
        int actor = engine.find(field[2]);
        int target = engine.find(field[4]);
        String given = field[5];
        switch (ask) {
            case "may":
                return yes(engine.may(actor, right, target));
            case "may_in_call":
                return yes(engine.mayInCall(actor, right, target, Role.valueOf(given.toUpperCase())));
            case "may_pick_up":
                return yes(engine.mayPickUp(actor, target, line(given)));
            case "may_set_forward":
                return yes(engine.maySetForward(actor, target, line(given)));
            case "may_bypass_forward":
                return yes(engine.mayBypassForward(actor, target));
            case "may_see_busy":
                return yes(engine.maySeeBusy(actor, target));
            case "may_log_in":
                return yes(engine.mayLogIn(actor, target));
            case "may_see_caller":
                String[] words = given.split(" ");
                return yes(engine.maySeeCaller(actor, target, line(words[1]), Direction.valueOf(words[0].toUpperCase())));
            case "may_forward_to":
                String[] where = given.split(" ");
                return yes(engine.mayForwardTo(actor, target, line(where[0]), where[1]));
            case "may_call":
                return yes(engine.mayCall(actor, given));
            case "rights_of":
                return yes(engine.rightsOf(actor, target).test(right));
            case "decide":
                var decision = engine.decide(actor, right, target);
                return yes(decision.allowed()) + " " + decision.reason();
            case "explain":
                return yes(engine.explain(actor, right, target).contains("\"allowed\":true"));
            case "who":
                return names(engine, engine.who(right, target));
            case "whom":
                return names(engine, engine.whom(actor, right));
            case "dial":
                var dialled = engine.dial(actor, given);
                return (Function.of(dialled.function()).name().toLowerCase() + " " + names(engine, dialled.subject()) + " "
                        + yes(dialled.allowed()) + " " + dialled.digits()).trim();
            default:
                throw new IllegalArgumentException("`" + ask + "` is no question");
        }
    }

    /** Java has no unsigned int: the C side's largest line is Java's largest. */
    private static int line(String text) {
        return (int) Math.min(Long.parseLong(text), Integer.MAX_VALUE);
    }

    private static void check(boolean condition) {
        if (!condition) {
            throw new AssertionError();
        }
    }

    /** Faults possible in Java alone: invalid texts, negative lines, a closed engine. */
    private static void refusals() {
        Engine engine = open("mixed.toml");
        int alice = engine.find("alice");
        int diana = engine.find("diana");
        check(engine.may(alice, Right.CALL_PICKUP, diana) && engine.mayPickUp(alice, diana, 0));
        check(!engine.mayPickUp(alice, diana, -1) && !engine.may(-1, Right.CALL_PICKUP, diana));
        check(engine.find("alice\0x") == 0 && engine.find("ali\ud800") == 0 && engine.find(null) == 0);
        check(engine.find(null, "alice") == 0 && engine.find("brenner.example", "alice") == alice);
        engine.close();
        engine.close();
        check(!engine.may(alice, Right.CALL_PICKUP, diana));
    }

    public static void main(String[] arguments) throws Exception {
        folder = Path.of(arguments[0]);
        refusals();
        int questions = 0;
        int wrong = 0;
        for (String line : Files.readAllLines(folder.resolve("questions.tsv"))) {
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            String[] field = line.split("\t");
            String said;
            try {
                said = answer(field);
            } catch (LinewardenException error) {
                check(!error.getMessage().isEmpty());
                said = "error " + error.status;
            }
            questions++;
            if (!said.equals(field[6])) {
                wrong++;
                System.out.println(line + ": answered " + said);
            }
        }
        System.out.println("Java: " + questions + " questions, " + wrong + " wrong");
        System.exit(questions > 200 && wrong == 0 ? 0 : 1);
    }
}
