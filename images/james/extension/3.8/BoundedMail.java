package kit.james;

import javax.inject.Inject;
import org.apache.james.core.quota.QuotaSizeLimit;
import org.apache.james.core.quota.QuotaSizeUsage;
import org.apache.james.mailbox.model.Quota;
import org.apache.james.mailbox.model.QuotaRoot;
import org.apache.james.mailbox.quota.MaxQuotaManager;
import org.apache.james.mailbox.store.quota.StoreQuotaManager;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/**
 * A person's quota: what an administrator set, else the kit's; and never more than is left of what all mail together
 * may be, so that whatever stores mail asks for both.
 */
public class BoundedMail extends StoreQuotaManager {
    private final CountedMail counted;

    @Inject
    public BoundedMail(CountedMail counted, MaxQuotaManager maxQuotas) {
        super(counted, maxQuotas);
        this.counted = counted;
    }

    @Override
    public Quota<QuotaSizeLimit, QuotaSizeUsage> getStorageQuota(QuotaRoot root) {
        return getQuotas(root).getStorageQuota();
    }

    @Override
    public Quotas getQuotas(QuotaRoot root) {
        return bounded(super.getQuotas(root));
    }

    @Override
    public Publisher<Quotas> getQuotasReactive(QuotaRoot root) {
        return Mono.from(super.getQuotasReactive(root)).map(this::bounded);
    }

    private Quotas bounded(Quotas quotas) {
        Quota<QuotaSizeLimit, QuotaSizeUsage> quota = quotas.getStorageQuota();
        long used = quota.getUsed().asLong();
        long own = quota.getLimit().isUnlimited() ? Limits.QUOTA : quota.getLimit().asLong();
        long cost = used + Limits.OVERHEAD * quotas.getMessageQuota().getUsed().asLong();
        long left = Math.max(0, Math.min(own - cost, Limits.MAIL - counted.total()));
        return new Quotas(quotas.getMessageQuota(), Quota.<QuotaSizeLimit, QuotaSizeUsage>builder()
            .used(quota.getUsed())
            .computedLimit(QuotaSizeLimit.size(used + left))
            .limitsByScope(quota.getLimitByScope())
            .build());
    }
}
