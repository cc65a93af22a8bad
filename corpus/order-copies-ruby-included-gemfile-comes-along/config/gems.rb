gem "greeter", path: "../gems/greeter"
