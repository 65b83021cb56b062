/** Label of everything the kit makes; its value is the environment's name. */
export const environmentLabel = "james-oidc-kit.environment";

/** Label of an environment's networks; its value is the folder with the secret files of whoever made it. */
export const originLabel = "james-oidc-kit.private-directory";

/** Label of a container that holds the hash of everything it was given. */
export const configurationLabel = "james-oidc-kit.configuration";
