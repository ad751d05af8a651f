RESET a.b
