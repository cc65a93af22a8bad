namespace Acme.Core
{
    public static class Orders
    {
        public static string Of(string company) => "orders of " + company;
    }
}
