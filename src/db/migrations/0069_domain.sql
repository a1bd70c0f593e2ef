-- When the platform's domain changes, the agent gives every app its name under the new one.
grant update (host) on domains to bastide_agent;
