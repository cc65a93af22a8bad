public class Main {
    interface Greeting {
        String text();
    }

    public static void main(String[] args) {
        Greeting greeting = () -> "hello from " + Main.class.getSimpleName();
        System.out.println(greeting.text());
    }
}
