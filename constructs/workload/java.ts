/**
 * Options of a JVM that asks for the address of a name again after a second. By itself it keeps one for 30 seconds, and
 * goes on with that of a container which has been replaced: James would refuse every token, Keycloak lose every logout.
 * https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/net/doc-files/net-properties.html
 */
export const shortDnsCache = "-Dsun.net.inetaddr.ttl=1 -Dsun.net.inetaddr.negative.ttl=1";

/**
 * Option of a JVM that serves TLS: with version 1.2 a client could have it make new keys again and again.
 * https://docs.oracle.com/en/java/javase/17/security/java-secure-socket-extension-jsse-reference-guide.html
 */
export const noRenegotiation = "-Djdk.tls.rejectClientInitiatedRenegotiation=true";
