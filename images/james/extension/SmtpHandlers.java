package kit.james;

import java.util.List;
import java.util.stream.Collectors;
import org.apache.james.protocols.lib.handler.HandlersPackage;
import org.apache.james.protocols.smtp.core.esmtp.AuthCmdHandler;
import org.apache.james.smtpserver.CoreCmdHandlerLoader;

/** James's own SMTP with the kit's AUTH; a handler of the chain in smtpserver.xml. */
public final class SmtpHandlers implements HandlersPackage {
    @Override
    public List<String> getHandlers() {
        return new CoreCmdHandlerLoader().getHandlers().stream()
            .map(name -> name.equals(AuthCmdHandler.class.getName()) ? SmtpAuth.class.getName() : name)
            .collect(Collectors.toList());
    }
}
