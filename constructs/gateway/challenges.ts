/** What the gateway itself answers with 401 where a password is asked for (RFC 7617). */
export const basicChallenge = 'Basic realm="mail", charset="UTF-8"';
