package kit.james;

import java.util.HashMap;
import java.util.Map;
import javax.inject.Inject;
import org.apache.james.backends.postgres.quota.PostgresQuotaLimitDAO;
import org.apache.james.core.quota.QuotaSizeLimit;
import org.apache.james.mailbox.model.Quota;
import org.apache.james.mailbox.model.QuotaRoot;
import org.apache.james.mailbox.postgres.quota.PostgresPerUserMaxQuotaManager;
import org.apache.james.mailbox.quota.QuotaChangeNotifier;
import reactor.core.publisher.Mono;

/**
 * Of whom and of whose domain an administrator set no quota, and where he set none for all, it is
 * <code>kit.limits.quota</code>, in bytes, if that is there. It is not in the database: whatever it is now holds.
 */
public class DefaultQuota extends PostgresPerUserMaxQuotaManager {
    private static final Mono<QuotaSizeLimit> KIT =
        Mono.justOrEmpty(Long.getLong("kit.limits.quota")).map(QuotaSizeLimit::size);

    @Inject
    public DefaultQuota(PostgresQuotaLimitDAO limits, QuotaChangeNotifier changes) {
        super(limits, changes);
    }

    @Override
    public Mono<QuotaSizeLimit> getGlobalMaxStorageReactive() {
        return super.getGlobalMaxStorageReactive().switchIfEmpty(KIT);
    }

    @Override
    public Mono<QuotaDetails> quotaDetailsReactive(QuotaRoot root) {
        return super.quotaDetailsReactive(root).flatMap(set -> KIT
            .map(size -> {
                Map<Quota.Scope, QuotaSizeLimit> sizes = new HashMap<>(set.getMaxStorageDetails());
                sizes.putIfAbsent(Quota.Scope.Global, size);
                return new QuotaDetails(set.getMaxMessageDetails(), sizes);
            })
            .defaultIfEmpty(set));
    }
}
