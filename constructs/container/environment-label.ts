/** Label of everything the kit makes; its value is the environment's name. */
export const environmentLabel = "james-oidc-kit.environment";
