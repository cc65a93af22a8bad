package org.acme;

import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;

@Path("/")
public class Harbour {
    @GET
    public String ships() {
        return "3 ships in the harbour\n";
    }
}
