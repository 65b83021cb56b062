/** Label of everything the kit makes; its value is the environment's name. */
export const environmentLabel = "james-oidc-kit.environment";

/** Label of an environment's networks and lasting volumes; its value is the folder with the secret files of whoever made it. */
export const originLabel = "james-oidc-kit.private-directory";

/** Label of a container that holds the hash of everything it was given. */
export const configurationLabel = "james-oidc-kit.configuration";

/** Label of a volume: what people have in it, in words, or `derived`. Volumes from before have none. */
export const holdsLabel = "james-oidc-kit.holds";

/** The value of `holdsLabel` of a volume whose content can be made again. */
export const derived = "derived";

/** Label of the volume without content that says, as JSON, what several environments from a file are told apart by. */
export const recordLabel = "james-oidc-kit.record";
