package kit.james;

import java.util.Optional;
import javax.inject.Inject;
import javax.inject.Named;
import org.apache.james.jmap.api.change.EmailChange;
import org.apache.james.jmap.api.change.EmailChangeRepository;
import org.apache.james.jmap.api.change.EmailChanges;
import org.apache.james.jmap.api.change.Limit;
import org.apache.james.jmap.api.change.State;
import org.apache.james.jmap.api.model.AccountId;
import org.apache.james.jmap.memory.change.MemoryEmailChangeRepository;
import reactor.core.publisher.Mono;

/** Changes of mails, not for ever. */
public class BoundedEmailChanges implements EmailChangeRepository {
    private final Journals<EmailChangeRepository> journals;

    @Inject
    public BoundedEmailChanges(@Named(MemoryEmailChangeRepository.LIMIT_NAME) Limit limit) {
        journals = new Journals<>(() -> new MemoryEmailChangeRepository(limit));
    }

    @Override
    public Mono<Void> save(EmailChange change) {
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
    public Mono<EmailChanges> getSinceState(AccountId account, State state, Optional<Limit> most) {
        return Mono.defer(() -> journals.since(account, state)).flatMap(changes -> changes.getSinceState(account, state, most));
    }

    @Override
    public Mono<EmailChanges> getSinceStateWithDelegation(AccountId account, State state, Optional<Limit> most) {
        return Mono.defer(() -> journals.since(account, state))
            .flatMap(changes -> changes.getSinceStateWithDelegation(account, state, most));
    }
}
