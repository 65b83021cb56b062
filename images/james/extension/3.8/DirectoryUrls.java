package kit.james;

import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.james.user.ldap.LdapRepositoryConfiguration;

/** Where the directory is. */
final class DirectoryUrls {
    private DirectoryUrls() {
    }

    static List<URI> of(LdapRepositoryConfiguration settings) {
        return Arrays.stream(settings.getLdapHost().split(",")).map(URI::create).collect(Collectors.toList());
    }
}
