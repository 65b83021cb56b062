package kit.james;

import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * TLS to the directory: James takes the JVM's default for it, which believes a good certificate of whatever host. Here the
 * certificate must be the host's (RFC 4513, section 3.1.3), and of the authorities in the file <code>kit.ldap.ca</code> where
 * that is set.
 */
final class LdapTls {
    private LdapTls() {
    }

    /** Does so where <code>kit.ldap.tls</code> is set. */
    static void install() throws Exception {
        if (!Boolean.getBoolean("kit.ldap.tls")) {
            return;
        }
        String file = System.getProperty("kit.ldap.ca");
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new OfItsHost(managerOf(file == null ? null : authoritiesIn(file)))}, null);
        SSLContext.setDefault(context);
    }

    private static KeyStore authoritiesIn(String file) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (InputStream pem = Files.newInputStream(Path.of(file))) {
            for (Certificate certificate : CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
                store.setCertificateEntry("ca-" + store.size(), certificate);
            }
        }
        return store;
    }

    /** @param store null: what the JVM trusts */
    private static X509ExtendedTrustManager managerOf(KeyStore store) throws GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return (X509ExtendedTrustManager) factory.getTrustManagers()[0];
    }

    private static final class OfItsHost extends X509ExtendedTrustManager {
        private final X509ExtendedTrustManager trust;

        OfItsHost(X509ExtendedTrustManager trust) {
            this.trust = trust;
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException {
            SSLSocket connection = (SSLSocket) socket;
            SSLParameters parameters = connection.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("LDAPS");
            connection.setSSLParameters(parameters);
            trust.checkServerTrusted(chain, type, connection);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) throws CertificateException {
            trust.checkServerTrusted(chain, type, engine);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
            throw new CertificateException("Nobody knows of which host this certificate is to be");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException {
            trust.checkClientTrusted(chain, type, socket);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) throws CertificateException {
            trust.checkClientTrusted(chain, type, engine);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
            trust.checkClientTrusted(chain, type);
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return trust.getAcceptedIssuers();
        }
    }
}
