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
        return bounded(super.getStorageQuota(root));
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
        return new Quotas(quotas.getMessageQuota(), bounded(quotas.getStorageQuota()));
    }

    private Quota<QuotaSizeLimit, QuotaSizeUsage> bounded(Quota<QuotaSizeLimit, QuotaSizeUsage> quota) {
        long own = quota.getLimit().isUnlimited() ? Limits.QUOTA : quota.getLimit().asLong();
        long left = Math.max(0, Limits.MAIL - counted.total());
        long limit = Math.min(own, quota.getUsed().asLong() + left);
        return Quota.<QuotaSizeLimit, QuotaSizeUsage>builder()
            .used(quota.getUsed())
            .computedLimit(QuotaSizeLimit.size(limit))
            .limitsByScope(quota.getLimitByScope())
            .build();
    }
}
