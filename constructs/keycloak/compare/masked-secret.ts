/** What Keycloak shows instead of a secret, and takes for the one that it has. */
export const maskedSecret = "**********";
