package kit.james;

import java.util.Optional;
import javax.inject.Inject;
import javax.inject.Named;
import org.apache.james.jmap.api.change.MailboxChange;
import org.apache.james.jmap.api.change.MailboxChangeRepository;
import org.apache.james.jmap.api.change.MailboxChanges;
import org.apache.james.jmap.api.change.Limit;
import org.apache.james.jmap.api.change.State;
import org.apache.james.jmap.api.model.AccountId;
import org.apache.james.jmap.memory.change.MemoryMailboxChangeRepository;
import reactor.core.publisher.Mono;

/** Changes of mailboxes, not for ever. */
public class BoundedMailboxChanges implements MailboxChangeRepository {
    private final Journals<MailboxChangeRepository> journals;

    @Inject
    public BoundedMailboxChanges(@Named(MemoryMailboxChangeRepository.LIMIT_NAME) Limit limit) {
        journals = new Journals<>(() -> new MemoryMailboxChangeRepository(limit));
    }

    @Override
    public Mono<Void> save(MailboxChange change) {
        int objects = change.getCreated().size() + change.getUpdated().size() + change.getDestroyed().size();
        return Mono.defer(() -> journals.of(change.getAccountId(), objects).save(change));
    }

    @Override
    public Mono<State> getLatestState(AccountId account) {
        return Mono.defer(() -> journals.of(account).getLatestState(account));
    }

    @Override
    public Mono<State> getLatestStateWithDelegation(AccountId account) {
        return Mono.defer(() -> journals.of(account).getLatestStateWithDelegation(account));
    }

    @Override
    public Mono<MailboxChanges> getSinceState(AccountId account, State state, Optional<Limit> most) {
        return Mono.defer(() -> journals.since(account, state)).flatMap(changes -> changes.getSinceState(account, state, most));
    }

    @Override
    public Mono<MailboxChanges> getSinceStateWithDelegation(AccountId account, State state, Optional<Limit> most) {
        return Mono.defer(() -> journals.since(account, state))
            .flatMap(changes -> changes.getSinceStateWithDelegation(account, state, most));
    }
}
