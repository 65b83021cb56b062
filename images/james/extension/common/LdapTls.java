package kit.james;

import java.net.Socket;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * TLS to the directory, whose certificate must be the host's (RFC 4513, section 3.1.3): James alone believes a good one of
 * whatever host. It must be of the authorities in the file <code>kit.ldap.ca</code> where that is set.
 */
final class LdapTls {
    private LdapTls() {
    }

    static SSLSocketFactory sockets() throws Exception {
        String file = System.getProperty("kit.ldap.ca");
        SSLContext context = SSLContext.getInstance("TLS");
        X509ExtendedTrustManager trust = Authorities.trustManager(file == null ? null : Path.of(file));
        context.init(null, new TrustManager[] {new OfItsHost(trust)}, null);
        return context.getSocketFactory();
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
