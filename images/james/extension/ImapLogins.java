package kit.james;

import com.google.common.collect.ImmutableList;
import java.util.Collection;
import java.util.stream.Collectors;
import org.apache.james.imap.processor.AuthenticateProcessor;
import org.apache.james.modules.protocols.ImapPackage;
import org.apache.james.utils.ClassName;

/** James's own IMAP with the kit's AUTHENTICATE: the element <code>imapPackages</code> of imapserver.xml. */
public final class ImapLogins implements ImapPackage {
    @Override
    public Collection<ClassName> processors() {
        return DEFAULT.processors().stream()
            .map(name -> name.getName().equals(AuthenticateProcessor.class.getName())
                ? new ClassName(ImapAuthenticate.class.getName())
                : name)
            .collect(Collectors.toList());
    }

    @Override
    public Collection<ClassName> decoders() {
        return DEFAULT.decoders();
    }

    @Override
    public Collection<ClassName> encoders() {
        return ImmutableList.<ClassName>builder().addAll(DEFAULT.encoders()).build();
    }
}
