package bell;

/** Strikes the hour. */
public class Bell {
    public static void main(String[] arguments) {
        System.out.println("dong ".repeat(3).trim());
    }
}
