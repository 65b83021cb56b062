package kit.james;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.WeakHashMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.james.core.Username;
import org.apache.james.managesieve.api.ManageSieveException;
import org.apache.james.managesieve.api.Session;
import org.apache.james.managesieve.transcode.ArgumentParser;
import org.apache.james.managesieve.transcode.ManageSieveProcessor;
import org.apache.james.managesieve.transcode.NotEnoughDataException;
import org.apache.james.protocols.api.OidcSASLConfiguration;
import org.apache.james.sieverepository.api.exception.SieveRepositoryException;
import org.apache.james.user.api.UsersRepository;
import org.apache.james.user.api.UsersRepositoryException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * ManageSieve whose AUTHENTICATE takes bearer tokens, PLAIN without an initial response, passwords in UTF-8, and data as
 * quoted string or literal (RFC 5804, section 2.1). All other commands are James's.
 */
final class SieveLogins extends ManageSieveProcessor {
    private static final Logger LOGGER = LoggerFactory.getLogger(SieveLogins.class);
    /** To STARTTLS; without TLS begun no other answer is the same. */
    static final String BEGIN_TLS = "OK \"TLS begins now\"";
    private static final String PLAIN = "PLAIN";
    private static final Pattern AUTHENTICATE =
        Pattern.compile("AUTHENTICATE\\s+\"?([\\w-]+)\"?(?:[ \\t]+(\\S.*))?\\s*", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    /** What James would take for the command. */
    private static final Pattern STARTTLS_COMMAND =
        Pattern.compile("^STARTTLS(?: |\\r?\\n?$)", Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);
    private static final Pattern LITERAL = Pattern.compile("\\{(\\d{1,6})\\+?}\\r?\\n(.*)", Pattern.DOTALL);
    private static final Pattern QUOTED = Pattern.compile("\"([^\"]*)\"");
    private static final String FAILED = "NO \"Authentication failed\"";

    private final UsersRepository users;
    private final Optional<OidcSASLConfiguration> oidc;
    private final boolean passwords;
    private final boolean startTls;
    /** What becomes of a client's next line: it belongs to a login that is not over. */
    private final Map<Session, Function<String, String>> logins = Collections.synchronizedMap(new WeakHashMap<>());

    SieveLogins(ArgumentParser commands, UsersRepository users, Optional<OidcSASLConfiguration> oidc, boolean passwords,
                boolean startTls) {
        super(commands);
        this.users = users;
        this.oidc = oidc;
        this.passwords = passwords;
        this.startTls = startTls;
    }

    /** Of a connection that has just begun. */
    @Override
    public String getAdvertisedCapabilities() {
        return withLogins(super.getAdvertisedCapabilities(), startTls);
    }

    /** Of a connection that has just begun TLS (RFC 5804, section 2.2). */
    String getCapabilitiesByTls() {
        return withLogins(super.getAdvertisedCapabilities(), false) + "OK\r\n";
    }

    private boolean isInClear(Session session) {
        return startTls && !session.isSslEnabled();
    }

    @Override
    public String handleRequest(Session session, String request) throws ManageSieveException, SieveRepositoryException {
        Function<String, String> login = logins.get(session);
        if (login != null) {
            String answer = string(request);
            logins.remove(session);
            return (answer.equals("*") ? "NO \"Authentication aborted\"" : login.apply(answer)) + "\r\n";
        }
        Matcher authenticate = AUTHENTICATE.matcher(request);
        if (authenticate.matches()) {
            return authenticate(session, authenticate.group(1), Optional.ofNullable(authenticate.group(2))) + "\r\n";
        }
        if (startTls && STARTTLS_COMMAND.matcher(request).find()) {
            return startTls(session, request.trim()) + "\r\n";
        }
        String reply = super.handleRequest(session, request);
        return request.trim().equalsIgnoreCase(CAPABILITY) ? withLogins(reply, isInClear(session)) : reply;
    }

    /** The connection begins TLS when {@link SieveClearText} sees the answer. */
    private String startTls(Session session, String request) {
        if (session.isSslEnabled()) {
            return "NO \"TLS is there already\"";
        }
        if (!ClearText.STARTTLS.matcher(request).matches()) {
            return "NO \"STARTTLS stands alone\"";
        }
        session.setSslEnabled(true);
        return BEGIN_TLS;
    }

    /** James tells of PLAIN only, and always of STARTTLS. */
    private String withLogins(String capabilities, boolean inClear) {
        List<String> mechanisms = new ArrayList<>();
        if (passwords && !inClear) {
            mechanisms.add(PLAIN);
        }
        if (oidc.isPresent() && !inClear) {
            for (BearerMechanism mechanism : BearerMechanism.values()) {
                mechanisms.add(mechanism.name());
            }
        }
        String told = capabilities.replace("\"SASL\" \"PLAIN\"", "\"SASL\" \"" + String.join(" ", mechanisms) + "\"");
        return inClear ? told : told.replace("\"STARTTLS\"\r\n", "");
    }

    private String authenticate(Session session, String name, Optional<String> initialResponse) {
        if (session.isAuthenticated()) {
            return "NO \"Already authenticated\"";
        }
        if (isInClear(session)) {
            LOGGER.warn("AUTHENTICATE {} before STARTTLS", name);
            return "NO (ENCRYPT-NEEDED) \"STARTTLS must come first\"";
        }
        Optional<BearerMechanism> mechanism = BearerMechanism.of(name);
        Function<String, String> login;
        if (mechanism.isPresent() && oidc.isPresent()) {
            login = response -> bearer(session, mechanism.get(), oidc.get(), response);
        } else if (name.equalsIgnoreCase(PLAIN) && passwords) {
            login = response -> plain(session, response);
        } else {
            return "NO \"Unknown SASL mechanism\"";
        }
        return initialResponse.map(response -> login.apply(string(response))).orElseGet(() -> ask(session, "", login));
    }

    private String ask(Session session, String challenge, Function<String, String> whenAnswered) {
        logins.put(session, whenAnswered);
        return "\"" + challenge + "\"";
    }

    private String bearer(Session session, BearerMechanism mechanism, OidcSASLConfiguration oidc, String response) {
        try {
            Optional<Username> user = BearerResponse.parse(response).flatMap(parsed -> parsed.prove(oidc, users)
                .filter(proven -> parsed.user(oidc).filter(proven::equals).isPresent()));
            return user.isPresent()
                ? accept(session, user.get())
                : ask(session, mechanism.refusal(oidc), answer -> refuse(mechanism.name()));
        } catch (RuntimeException e) {
            return unable(e);
        }
    }

    /** RFC 4616: whom to act for, which must be the same, who it is, and the password. */
    private String plain(Session session, String response) {
        try {
            String[] parts = new String(Base64.getDecoder().decode(response), UTF_8).split("\0", -1);
            if (parts.length != 3 || !(parts[0].isEmpty() || parts[0].equals(parts[1]))) {
                return refuse(PLAIN);
            }
            Username user = Username.of(parts[1]);
            return Passwords.userOf(users, user, parts[2]).isPresent() ? accept(session, user) : refuse(PLAIN);
        } catch (IllegalArgumentException notBase64OrNoName) {
            return refuse(PLAIN);
        } catch (UsersRepositoryException | RuntimeException e) {
            return unable(e);
        }
    }

    private static String accept(Session session, Username user) {
        session.setUser(user);
        session.setState(Session.State.AUTHENTICATED);
        return "OK";
    }

    private static String refuse(String mechanism) {
        LOGGER.info("AUTHENTICATE {} failed", mechanism);
        return FAILED;
    }

    private static String unable(Exception e) {
        LOGGER.warn("A login failed", e);
        return "NO (TRYLATER) \"Authentication is not possible at the moment\"";
    }

    /** @throws NotEnoughDataException when it is a literal that has not come to its end */
    private static String string(String text) {
        Matcher literal = LITERAL.matcher(text);
        if (literal.matches()) {
            int length = Integer.parseInt(literal.group(1));
            String data = literal.group(2);
            if (data.length() < length) {
                throw new NotEnoughDataException();
            }
            return data.substring(0, length);
        }
        Matcher quoted = QUOTED.matcher(text.trim());
        return quoted.matches() ? quoted.group(1) : text.trim();
    }
}
