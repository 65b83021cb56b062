package kit.james;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.james.jmap.api.change.State;
import org.apache.james.jmap.api.exception.ChangeNotFoundException;
import org.apache.james.jmap.api.model.AccountId;
import reactor.core.publisher.Mono;

/**
 * What was changed in accounts, for JMAP's <code>/changes</code>. James keeps all of it, for ever: whoever only sets flags
 * would fill the heap. Here the longest journal begins anew when all have too much, and its clients read everything again
 * (<code>cannotCalculateChanges</code>).
 *
 * @param <R> James's own repository of changes, here one for each account
 */
final class Journals<R> {
    /** Changed objects, of some 200 bytes each; measured. */
    private static final int MOST = 20_000;

    private static final class Journal<R> {
        private R changes;
        private int length;
        private boolean isWhole = true;
    }

    private final Map<AccountId, Journal<R>> journals = new HashMap<>();
    private final Supplier<R> empty;

    Journals(Supplier<R> empty) {
        this.empty = empty;
    }

    synchronized R of(AccountId account) {
        return journal(account).changes;
    }

    /** For so many more objects. */
    synchronized R of(AccountId account, int objects) {
        journal(account).length += 1 + objects;
        if (journals.values().stream().mapToInt(one -> one.length).sum() > MOST) {
            journals.values().stream().max((one, other) -> Integer.compare(one.length, other.length))
                .ifPresent(this::beginAnew);
        }
        return of(account);
    }

    /** An error where changes since the beginning are asked for that are there no longer. */
    synchronized Mono<R> since(AccountId account, State state) {
        return state.equals(State.INITIAL) && !journal(account).isWhole
            ? Mono.error(() -> new ChangeNotFoundException(state, "The first changes are not known any more"))
            : Mono.just(of(account));
    }

    private Journal<R> journal(AccountId account) {
        return journals.computeIfAbsent(account, any -> {
            Journal<R> journal = new Journal<>();
            journal.changes = empty.get();
            return journal;
        });
    }

    private void beginAnew(Journal<R> journal) {
        journal.changes = empty.get();
        journal.length = 0;
        journal.isWhole = false;
    }
}
