package kit.james;

import com.google.inject.AbstractModule;
import com.google.inject.Scopes;
import com.google.inject.multibindings.Multibinder;
import org.apache.james.ExtraProperties;
import org.apache.james.FakeSearchMailboxModule;
import org.apache.james.JamesServerMain;
import org.apache.james.MemoryJamesConfiguration;
import org.apache.james.MemoryJamesServerMain;
import org.apache.james.events.InVMEventBus;
import org.apache.james.imapserver.netty.IMAPServerFactory;
import org.apache.james.jmap.api.change.EmailChangeRepository;
import org.apache.james.jmap.api.change.MailboxChangeRepository;
import org.apache.james.jmap.api.upload.UploadRepository;
import org.apache.james.jmap.routes.JMAPApiRoutes;
import org.apache.james.jmap.routes.UploadRoutes;
import org.apache.james.mailbox.inmemory.InMemoryMailboxManager;
import org.apache.james.mailbox.inmemory.InMemoryMailboxSessionMapperFactory;
import org.apache.james.mailbox.inmemory.quota.InMemoryCurrentQuotaManager;
import org.apache.james.mailbox.store.quota.StoreQuotaManager;
import org.apache.james.lifecycle.api.StartUpCheck;
import org.apache.james.modules.RunArgumentsModule;
import org.apache.james.modules.server.JMXServerModule;
import org.apache.james.queue.memory.MemoryMailQueueFactory;
import org.apache.james.smtpserver.netty.SMTPServerFactory;
import org.apache.james.user.ldap.ReadOnlyUsersLDAPRepository;
import org.apache.james.util.html.HtmlTextExtractor;

/**
 * James with everything in memory, as <code>MemoryJamesServerMain</code> starts it, and those parts of it that no file
 * can name replaced by the kit's.
 */
public final class Main {
    private Main() {
    }

    public static void main(String[] args) throws Exception {
        // Also reads jvm.properties.
        ExtraProperties.initialize();
        MemoryJamesConfiguration configuration = MemoryJamesConfiguration.builder()
            .useWorkingDirectoryEnvProperty()
            .build();
        JamesServerMain.main(MemoryJamesServerMain.createServer(configuration)
            .combineWith(new FakeSearchMailboxModule(), new JMXServerModule())
            .overrideWith(new RunArgumentsModule(args), new Replaced()));
    }

    private static final class Replaced extends AbstractModule {
        @Override
        protected void configure() {
            bind(IMAPServerFactory.class).to(ImapServers.class);
            bind(ImapServers.class).in(Scopes.SINGLETON);
            bind(SMTPServerFactory.class).to(SmtpServers.class);
            bind(SmtpServers.class).in(Scopes.SINGLETON);
            bind(ReadOnlyUsersLDAPRepository.class).to(GuardedUsers.class);
            bind(GuardedUsers.class).in(Scopes.SINGLETON);
            Multibinder.newSetBinder(binder(), StartUpCheck.class).addBinding().to(DirectoryCheck.class);
            bind(InMemoryMailboxSessionMapperFactory.class).to(IndexedMappers.class);
            bind(IndexedMappers.class).in(Scopes.SINGLETON);
            bind(InVMEventBus.class).to(Listeners.class);
            bind(Listeners.class).in(Scopes.SINGLETON);
            bind(InMemoryMailboxManager.class).to(BoundedMailboxes.class);
            bind(BoundedMailboxes.class).in(Scopes.SINGLETON);
            bind(InMemoryCurrentQuotaManager.class).to(CountedMail.class);
            bind(CountedMail.class).in(Scopes.SINGLETON);
            bind(StoreQuotaManager.class).to(BoundedMail.class);
            bind(BoundedMail.class).in(Scopes.SINGLETON);
            bind(MemoryMailQueueFactory.class).to(BoundedQueues.class);
            bind(BoundedQueues.class).in(Scopes.SINGLETON);
            bind(UploadRepository.class).to(BoundedUploads.class);
            bind(BoundedUploads.class).in(Scopes.SINGLETON);
            bind(UploadRoutes.class).to(BoundedUploadRoutes.class);
            bind(JMAPApiRoutes.class).to(BoundedApiRoutes.class);
            bind(EmailChangeRepository.class).to(BoundedEmailChanges.class);
            bind(BoundedEmailChanges.class).in(Scopes.SINGLETON);
            bind(HtmlTextExtractor.class).to(BoundedText.class);
            bind(BoundedText.class).in(Scopes.SINGLETON);
            bind(MailboxChangeRepository.class).to(BoundedMailboxChanges.class);
            bind(BoundedMailboxChanges.class).in(Scopes.SINGLETON);
        }
    }
}
