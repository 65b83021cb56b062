package kit.james;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A certificate with those up to its authority, and its key, as they are in two files in PEM, which may be replaced while
 * James runs: new connections are shown the new ones. What cannot be used is not taken.
 */
final class CertificateFiles extends X509ExtendedKeyManager {
    private static final Logger LOGGER = LoggerFactory.getLogger(CertificateFiles.class);
    private static final long MILLISECONDS_BETWEEN_LOOKS = 10_000;
    private static final long MILLISECONDS_WHILE_WAITING = 500;
    private static final int LOOKS_BETWEEN_WORDS = 20;
    private static final char[] NO_PASSWORD = {};
    private static final Pattern KEY =
        Pattern.compile("-----BEGIN PRIVATE KEY-----([^-]+)-----END PRIVATE KEY-----");
    private static final Map<Path, CertificateFiles> ALL = new ConcurrentHashMap<>();

    private final Path chainFile;
    private final Path keyFile;
    /** Contents that were looked at last. */
    private byte[] seenChain = {};
    private byte[] seenKey = {};
    private String shown;
    private volatile X509ExtendedKeyManager current;
    /** Handshakes that began before the files were replaced end with what they began with: its alias is another. */
    private volatile X509ExtendedKeyManager previous;

    private CertificateFiles(Path chainFile, Path keyFile) {
        this.chainFile = chainFile;
        this.keyFile = keyFile;
    }

    /** Waits until they are there, which is until whoever keeps them has written them. */
    static CertificateFiles of(Path chainFile, Path keyFile) {
        return ALL.computeIfAbsent(chainFile, any -> {
            CertificateFiles files = new CertificateFiles(chainFile, keyFile);
            files.await();
            Thread looks = new Thread(files::lookOn, "certificate-files");
            looks.setDaemon(true);
            looks.start();
            return files;
        });
    }

    private void await() {
        for (int looks = 0;; looks++) {
            try {
                look();
                if (current != null) {
                    return;
                }
            } catch (IOException | GeneralSecurityException | RuntimeException e) {
                seenChain = new byte[] {};
                if (looks % LOOKS_BETWEEN_WORDS == 0) {
                    LOGGER.warn("Waits for the certificate {} and its key {}: {}", chainFile, keyFile, said(e));
                }
            }
            sleep(MILLISECONDS_WHILE_WAITING);
        }
    }

    private void lookOn() {
        String told = "";
        for (;;) {
            sleep(MILLISECONDS_BETWEEN_LOOKS);
            try {
                if (look()) {
                    told = "";
                    LOGGER.info("Shows the certificate that is in {} now, serial number {}", chainFile,
                        serialNumber());
                }
            } catch (IOException | GeneralSecurityException | RuntimeException e) {
                if (!said(e).equals(told)) {
                    told = said(e);
                    LOGGER.error("Goes on with the certificate with serial number {}: what is in {} and {} now cannot be used: {}",
                        serialNumber(), chainFile, keyFile, told);
                }
            }
        }
    }

    /** Whether there is something else than at the last look; each content is judged once. */
    private boolean look() throws IOException, GeneralSecurityException {
        // Of one folder, even when another is put in its place meanwhile.
        Path folder = chainFile.getParent().toRealPath();
        byte[] chain = Files.readAllBytes(folder.resolve(chainFile.getFileName()));
        byte[] key = Files.readAllBytes(
            keyFile.getParent().equals(chainFile.getParent()) ? folder.resolve(keyFile.getFileName()) : keyFile);
        if (Arrays.equals(chain, seenChain) && Arrays.equals(key, seenKey)) {
            return false;
        }
        seenChain = chain;
        seenKey = key;
        String alias = "server-" + Long.toString(System.nanoTime());
        X509ExtendedKeyManager next = read(chain, key, alias);
        previous = current == null ? next : current;
        current = next;
        shown = alias;
        return true;
    }

    private static X509ExtendedKeyManager read(byte[] chain, byte[] key, String alias)
            throws IOException, GeneralSecurityException {
        Certificate[] certificates = CertificateFactory.getInstance("X.509")
            .generateCertificates(new ByteArrayInputStream(chain))
            .toArray(new Certificate[] {});
        if (certificates.length == 0) {
            throw new GeneralSecurityException("there is no certificate");
        }
        Matcher pem = KEY.matcher(new String(key, US_ASCII));
        if (!pem.find()) {
            throw new GeneralSecurityException("there is no key of PKCS #8 in PEM, without a passphrase");
        }
        PrivateKey privateKey = KeyFactory.getInstance(certificates[0].getPublicKey().getAlgorithm())
            .generatePrivate(new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(pem.group(1))));
        mustBelongTogether(certificates[0], privateKey);
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        store.setKeyEntry(alias, privateKey, NO_PASSWORD, certificates);
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, NO_PASSWORD);
        return (X509ExtendedKeyManager) factory.getKeyManagers()[0];
    }

    private static void mustBelongTogether(Certificate certificate, PrivateKey key) throws GeneralSecurityException {
        String kind = key.getAlgorithm();
        Signature signature = Signature.getInstance(
            kind.equals("RSA") ? "SHA256withRSA" : kind.equals("EC") ? "SHA256withECDSA" : kind);
        byte[] text = {1};
        signature.initSign(key);
        signature.update(text);
        byte[] signed = signature.sign();
        signature.initVerify(certificate.getPublicKey());
        signature.update(text);
        if (!signature.verify(signed)) {
            throw new GeneralSecurityException("the key is not the certificate's");
        }
    }

    private String serialNumber() {
        return current.getCertificateChain(shown)[0].getSerialNumber().toString(16);
    }

    private static String said(Exception e) {
        return e.getMessage() == null ? e.toString() : e.getClass().getSimpleName() + ": " + e.getMessage();
    }

    private static void sleep(long milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException e) {
            throw new IllegalStateException("James ends", e);
        }
    }

    @Override
    public String chooseEngineServerAlias(String keyType, Principal[] issuers, SSLEngine engine) {
        return current.chooseEngineServerAlias(keyType, issuers, engine);
    }

    @Override
    public String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
        return current.chooseServerAlias(keyType, issuers, socket);
    }

    @Override
    public String[] getServerAliases(String keyType, Principal[] issuers) {
        return current.getServerAliases(keyType, issuers);
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
        X509Certificate[] chain = current.getCertificateChain(alias);
        return chain == null ? previous.getCertificateChain(alias) : chain;
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
        PrivateKey key = current.getPrivateKey(alias);
        return key == null ? previous.getPrivateKey(alias) : key;
    }

    @Override
    public String[] getClientAliases(String keyType, Principal[] issuers) {
        return null;
    }

    @Override
    public String chooseClientAlias(String[] keyTypes, Principal[] issuers, Socket socket) {
        return null;
    }
}
