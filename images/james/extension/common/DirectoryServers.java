package kit.james;

import com.unboundid.ldap.sdk.BindRequest;
import com.unboundid.ldap.sdk.FailoverServerSet;
import com.unboundid.ldap.sdk.LDAPConnectionOptions;
import com.unboundid.ldap.sdk.LDAPConnectionPool;
import com.unboundid.ldap.sdk.PostConnectProcessor;
import com.unboundid.ldap.sdk.ServerSet;
import com.unboundid.ldap.sdk.SimpleBindRequest;
import com.unboundid.ldap.sdk.SingleServerSet;
import com.unboundid.ldap.sdk.StartTLSPostConnectProcessor;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLSocketFactory;
import org.apache.james.user.ldap.LdapRepositoryConfiguration;

/**
 * Connections to the first server of the directory that answers. James alone knows no StartTLS, and 3.8 one server:
 * <code>ldapHost</code> has the URLs here, commas between them, and <code>kit.ldap.startTls</code> says whether a connection
 * that begins without TLS goes on with it before anything is said on it.
 */
final class DirectoryServers {
    private static final int CONNECTIONS = 4;

    private DirectoryServers() {
    }

    static LDAPConnectionPool connect(LdapRepositoryConfiguration settings) throws Exception {
        LDAPConnectionOptions options = new LDAPConnectionOptions();
        options.setConnectTimeoutMillis(settings.getConnectionTimeout());
        options.setResponseTimeoutMillis(settings.getReadTimeout());
        BindRequest login = new SimpleBindRequest(settings.getPrincipal(), settings.getCredentials());
        SSLSocketFactory tls = LdapTls.sockets();
        PostConnectProcessor startTls = Boolean.getBoolean("kit.ldap.startTls")
            ? new StartTLSPostConnectProcessor(tls)
            : null;
        List<ServerSet> servers = new ArrayList<>();
        for (URI server : DirectoryUrls.of(settings)) {
            SSLSocketFactory ldaps = server.getScheme().equals("ldaps") ? tls : null;
            servers.add(new SingleServerSet(server.getHost(), server.getPort(), ldaps, options, login, startTls));
        }
        ServerSet all = new FailoverServerSet(servers.toArray(new ServerSet[0]));
        LDAPConnectionPool pool = new LDAPConnectionPool(all, login, 1, CONNECTIONS);
        pool.setRetryFailedOperationsDueToInvalidConnections(true);
        return pool;
    }
}
