package kit.james;

import java.net.URI;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import org.apache.james.protocols.lib.SslConfig;
import org.apache.james.protocols.netty.Encryption;

/** TLS of a listener as its element <code>tls</code> says, with certificates that may be replaced. */
final class Tls {
    /** By default 20,480 may be kept for a day each, whoever begins them. */
    private static final int SESSIONS = 500;

    private Tls() {
    }

    /** Null where the listener has none. */
    static Encryption encryption(SslConfig config) throws GeneralSecurityException {
        if (!config.useSSL() && !config.useStartTLS()) {
            return null;
        }
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(new KeyManager[] {CertificateFiles.of(path(config.getCertificates()), path(config.getPrivateKey()))},
            null, null);
        context.getServerSessionContext().setSessionCacheSize(SESSIONS);
        return config.useStartTLS()
            ? Encryption.createStartTls(context, config.getEnabledCipherSuites(), config.getEnabledProtocols(), config.getClientAuth())
            : Encryption.createTls(context, config.getEnabledCipherSuites(), config.getEnabledProtocols(), config.getClientAuth());
    }

    private static Path path(String url) {
        return Path.of(URI.create(url));
    }
}
