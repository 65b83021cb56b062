package kit.james;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.james.protocols.lib.handler.HandlersPackage;
import org.apache.james.protocols.smtp.core.esmtp.AuthCmdHandler;
import org.apache.james.smtpserver.CoreCmdHandlerLoader;
import org.apache.james.smtpserver.UsersRepositoryAuthHook;

/** James's own SMTP with the kit's AUTH and tokens; a handler of the chain in smtpserver.xml. */
public final class SmtpHandlers implements HandlersPackage {
    private static final Map<String, String> REPLACED = Map.of(
        AuthCmdHandler.class.getName(), SmtpAuth.class.getName(),
        UsersRepositoryAuthHook.class.getName(), SmtpTokens.class.getName());

    @Override
    public List<String> getHandlers() {
        return new CoreCmdHandlerLoader().getHandlers().stream()
            .map(name -> REPLACED.getOrDefault(name, name))
            .collect(Collectors.toList());
    }
}
