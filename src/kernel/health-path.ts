/**
 * A path that is asked for an app's health: what a customer may say, what the agent passes on and what the load balancer
 * takes are this one alphabet. A path that only one of them takes would stop the load balancer's configuration for everybody.
 */
export const HEALTH_PATH = /^\/(?!\/)[A-Za-z0-9/_.~:@!$&()*+,=?%-]{0,200}$/;
