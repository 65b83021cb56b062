package kit.james;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Scopes;
import com.google.inject.Singleton;
import com.google.inject.multibindings.Multibinder;
import com.unboundid.ldap.sdk.LDAPConnectionPool;
import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.r2dbc.spi.ConnectionFactory;
import org.apache.james.ExtraProperties;
import org.apache.james.JamesServerMain;
import org.apache.james.PostgresJamesConfiguration;
import org.apache.james.PostgresJamesServerMain;
import org.apache.james.backends.postgres.PostgresConfiguration;
import org.apache.james.backends.postgres.PostgresDataDefinition;
import org.apache.james.jmap.routes.JMAPApiRoutes;
import org.apache.james.lifecycle.api.StartUpCheck;
import org.apache.james.mailbox.postgres.quota.PostgresPerUserMaxQuotaManager;
import org.apache.james.mailbox.store.search.SimpleMessageSearchIndex;
import org.apache.james.mailetcontainer.api.MailProcessor;
import org.apache.james.modules.RunArgumentsModule;
import org.apache.james.modules.server.JMXServerModule;
import org.apache.james.smtpserver.netty.SMTPServerFactory;
import org.apache.james.user.ldap.LdapRepositoryConfiguration;
import org.apache.james.user.ldap.ReadOnlyUsersLDAPRepository;
import org.apache.james.user.postgres.PostgresUserDataDefinition;
import org.apache.james.util.html.HtmlTextExtractor;

/**
 * James on PostgreSQL, as <code>PostgresJamesServerMain</code> starts it, and those parts of it that no file can name replaced
 * by the kit's.
 */
public final class Main {
    private Main() {
    }

    public static void main(String[] args) throws Exception {
        // Also reads jvm.properties.
        ExtraProperties.initialize();
        PostgresJamesConfiguration configuration = PostgresJamesConfiguration.builder()
            .useWorkingDirectoryEnvProperty()
            .build();
        JamesServerMain.main(PostgresJamesServerMain.createServer(configuration)
            .combineWith(new JMXServerModule(), new Added())
            .overrideWith(new RunArgumentsModule(args), new ImapModule(), new Replaced()));
    }

    private static final class Added extends AbstractModule {
        @Override
        protected void configure() {
            // James asks it who may act for whom, and makes it only where users are in it too: else JMAP answers 500.
            Multibinder.newSetBinder(binder(), PostgresDataDefinition.class).addBinding()
                .toInstance(PostgresUserDataDefinition.MODULE);
            Multibinder.newSetBinder(binder(), StartUpCheck.class).addBinding().to(DirectoryCheck.class);
        }
    }

    private static final class Replaced extends AbstractModule {
        @Override
        protected void configure() {
            bind(SMTPServerFactory.class).to(SmtpServers.class);
            bind(SmtpServers.class).in(Scopes.SINGLETON);
            bind(ReadOnlyUsersLDAPRepository.class).to(GuardedUsers.class);
            bind(GuardedUsers.class).in(Scopes.SINGLETON);
            bind(JMAPApiRoutes.class).to(BoundedApiRoutes.class);
            bind(HtmlTextExtractor.class).to(BoundedText.class);
            bind(BoundedText.class).in(Scopes.SINGLETON);
            bind(SimpleMessageSearchIndex.class).to(NewestMails.class);
            bind(MailProcessor.class).to(PatientDelivery.class);
            bind(PatientDelivery.class).in(Scopes.SINGLETON);
            bind(PostgresPerUserMaxQuotaManager.class).to(DefaultQuota.class);
            bind(DefaultQuota.class).in(Scopes.SINGLETON);
        }

        @Provides
        @Singleton
        LDAPConnectionPool directory(LdapRepositoryConfiguration settings) throws Exception {
            return DirectoryServers.connect(settings);
        }

        /** As James's, with certificates in PEM of which the server's must be, in <code>kit.postgres.ca</code>. */
        @Provides
        @Singleton
        ConnectionFactory database(PostgresConfiguration settings) {
            PostgresqlConnectionConfiguration.Builder builder = PostgresqlConnectionConfiguration.builder()
                .host(settings.getHost())
                .port(settings.getPort())
                .username(settings.getDefaultCredential().getUsername())
                .password(settings.getDefaultCredential().getPassword())
                .database(settings.getDatabaseName())
                .schema(settings.getDatabaseSchema())
                .sslMode(settings.getSslMode());
            String ca = System.getProperty("kit.postgres.ca");
            return new PostgresqlConnectionFactory((ca == null ? builder : builder.sslRootCert(ca)).build());
        }
    }
}
