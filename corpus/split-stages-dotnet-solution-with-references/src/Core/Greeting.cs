namespace Acme.Core;

public static class Greeting
{
    public const string Text = "hello";
}
