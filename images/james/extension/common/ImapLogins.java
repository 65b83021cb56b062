package kit.james;

import java.util.Collection;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.james.imap.decode.parser.LoginCommandParser;
import org.apache.james.imap.processor.AuthenticateProcessor;
import org.apache.james.imap.processor.LoginProcessor;
import org.apache.james.modules.protocols.ImapPackage;
import org.apache.james.utils.ClassName;

/** James's own IMAP with the kit's logins; named by <code>imapPackages</code> in imapserver.xml. */
public final class ImapLogins implements ImapPackage {
    private static final Map<String, Class<?>> REPLACED = Map.of(
        AuthenticateProcessor.class.getName(), ImapAuthenticate.class,
        LoginProcessor.class.getName(), ImapLogin.class,
        LoginCommandParser.class.getName(), ImapLoginParser.class);

    @Override
    public Collection<ClassName> processors() {
        return replace(DEFAULT.processors());
    }

    @Override
    public Collection<ClassName> decoders() {
        return replace(DEFAULT.decoders());
    }

    @Override
    public Collection<ClassName> encoders() {
        return Stream.concat(DEFAULT.encoders().stream(),
                Stream.of(ImapChallenge.Encoder.class, ImapUnavailable.Encoder.class)
                    .map(encoder -> new ClassName(encoder.getName())))
            .collect(Collectors.toList());
    }

    private static Collection<ClassName> replace(Collection<ClassName> classes) {
        return classes.stream()
            .map(name -> REPLACED.containsKey(name.getName())
                ? new ClassName(REPLACED.get(name.getName()).getName())
                : name)
            .collect(Collectors.toList());
    }
}
