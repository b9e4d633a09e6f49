package io.cdccascade.support;

import static org.awaitility.Awaitility.await;

import io.lettuce.core.MigrateArgs;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import redis.embedded.RedisExecProvider;

/** A real Redis Cluster on loopback, of masters with one replica each, whose slots can be moved and whose nodes killed. */
public final class RedisCluster implements AutoCloseable {

    private static final String PASSWORD = "secret";
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int KEYS_AT_ONCE = 20;

    /** One node: a process, and a connection to it. */
    public static final class Node {

        private final int port = freePort();
        private final int busPort = freePort();
        private final Path folder;
        private Process process;
        private RedisClient client;
        private RedisCommands<String, String> commands;

        private Node(Path folder) {
            this.folder = folder;
        }

        /** Starts the process; after a kill, with what it knew of the cluster and an empty memory. */
        public void start() {
            try {
                Files.createDirectories(folder);
                process = new ProcessBuilder(
                                RedisExecProvider.defaultProvider().get().getPath(),
                                "--port " + port,
                                "--cluster-port " + busPort,
                                "--bind 127.0.0.1",
                                "--requirepass " + PASSWORD,
                                "--masterauth " + PASSWORD,
                                "--dir " + folder,
                                "--save ''",
                                "--repl-diskless-sync-delay 0",
                                "--cluster-enabled yes",
                                // A master whose last slot moves away stays one.
                                "--cluster-allow-replica-migration no",
                                "--cluster-node-timeout 2000")
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("log").toFile())
                        .start();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            client = RedisClient.create(RedisURI.builder()
                    .withHost("127.0.0.1")
                    .withPort(port)
                    .withPassword(PASSWORD.toCharArray())
                    .build());
            commands = await().atMost(PATIENCE)
                    .ignoreExceptions()
                    .until(() -> client.connect().sync(), made -> made.ping().equals("PONG"));
        }

        /** SIGKILL. */
        public void kill() {
            client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
            process.destroyForcibly();
            try {
                process.waitFor();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        /** What the node answers to any command of Redis. */
        public RedisCommands<String, String> commands() {
            return commands;
        }

        /** Whether the node is a master that serves the whole cluster. */
        public boolean isMaster() {
            return commands.info("replication").contains("role:master")
                    && commands.clusterInfo().contains("cluster_state:ok");
        }

        /** The process. */
        public long pid() {
            return process.pid();
        }

        private String id() {
            return commands.clusterMyId();
        }
    }

    private final List<Node> nodes = new ArrayList<>();
    private final Path folder;

    /** Starts as many masters, which share all slots, and one replica of each: nodes 0, 1, … and then their replicas. */
    public RedisCluster(int masters) {
        try {
            this.folder = TestFolders.create();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        for (int i = 0; i < 2 * masters; i++) {
            join();
        }
        int share = SlotHash.SLOT_COUNT / masters;
        for (int i = 0; i < masters; i++) {
            int end = i == masters - 1 ? SlotHash.SLOT_COUNT : (i + 1) * share;
            node(i).commands.clusterAddSlots(IntStream.range(i * share, end).toArray());
        }
        for (int i = 0; i < masters; i++) {
            follow(node(masters + i), node(i));
        }
        awaitWhole();
    }

    /** Starts a node and lets the others know it: a master without slots. */
    public Node join() {
        Node node = new Node(folder.resolve("node-" + nodes.size()));
        node.start();
        node.commands.clusterSetConfigEpoch(nodes.size() + 1L);
        if (!nodes.isEmpty()) {
            running()
                    .commands
                    .dispatch(
                            CommandType.CLUSTER,
                            new StatusOutput<>(StringCodec.UTF8),
                            new CommandArgs<>(StringCodec.UTF8)
                                    .add("MEET")
                                    .add("127.0.0.1")
                                    .add(node.port)
                                    .add(node.busPort));
        }
        nodes.add(node);
        await().atMost(PATIENCE)
                .until(() -> nodes.stream()
                        .allMatch(known -> known.commands.clusterNodes().lines().count() == nodes.size()));
        return node;
    }

    private void follow(Node replica, Node master) {
        await().atMost(PATIENCE)
                .ignoreExceptionsInstanceOf(RedisException.class)
                .until(() -> "OK".equals(replica.commands.clusterReplicate(master.id())));
        await().atMost(PATIENCE)
                .until(() -> replica.commands.info("replication").contains("master_link_status:up"));
    }

    /** Waits until every node that runs finds all slots served. */
    public void awaitWhole() {
        await().atMost(PATIENCE)
                .until(() -> nodes.stream()
                        .filter(node -> node.process.isAlive())
                        .allMatch(node -> node.commands.clusterInfo().contains("cluster_state:ok")));
    }

    /** All nodes, the dead ones too. */
    public List<Node> nodes() {
        return List.copyOf(nodes);
    }

    public Node node(int number) {
        return nodes.get(number);
    }

    /** The first nodes' addresses, as {@code cascade.redis.host} takes them. */
    public String hosts() {
        return nodes.stream().limit(3).map(node -> "127.0.0.1:" + node.port).collect(Collectors.joining(","));
    }

    public String password() {
        return PASSWORD;
    }

    /** The master that serves a key's slot. */
    public Node master(String key) {
        return masterSeenBy(running(), key);
    }

    /** The same, as one of the nodes sees it. */
    public Node masterSeenBy(Node witness, String key) {
        int slot = SlotHash.getSlot(key);
        String line = witness.commands
                .clusterNodes()
                .lines()
                .filter(node -> node.contains("master") && !node.contains("fail") && serves(node, slot))
                .findFirst()
                .orElseThrow();
        return nodes.stream()
                .filter(node -> line.contains(":" + node.port + "@"))
                .findFirst()
                .orElseThrow();
    }

    private Node running() {
        return nodes.stream().filter(node -> node.process.isAlive()).findFirst().orElseThrow();
    }

    private static boolean serves(String line, int slot) {
        return Arrays.stream(line.split(" "))
                .skip(8)
                .filter(range -> !range.startsWith("["))
                .map(range -> range.split("-"))
                .anyMatch(ends -> Integer.parseInt(ends[0]) <= slot && slot <= Integer.parseInt(ends[ends.length - 1]));
    }

    /** Begins to move a key's slot: from here on its keys may be with either master. */
    public void beginMove(String key, Node target) {
        int slot = SlotHash.getSlot(key);
        Node source = master(key);
        target.commands.clusterSetSlotImporting(slot, source.id());
        source.commands.clusterSetSlotMigrating(slot, target.id());
    }

    /** Moves one key of the slot, as {@code redis-cli --cluster reshard} does. */
    public void moveKey(String key, Node target) {
        master(key)
                .commands
                .migrate(
                        "127.0.0.1",
                        target.port,
                        0,
                        5_000,
                        MigrateArgs.Builder.keys(key).auth(PASSWORD));
    }

    /** Moves what is left of the slot, and tells everybody. */
    public void endMove(String key, Node target) {
        moveKeys(key, target);
        int slot = SlotHash.getSlot(key);
        Node source = master(key);
        String id = target.id();
        target.commands.clusterSetSlotNode(slot, id);
        source.commands.clusterSetSlotNode(slot, id);
        for (Node node : nodes) {
            if (node.process.isAlive() && node.isMaster()) {
                node.commands.clusterSetSlotNode(slot, id);
            }
        }
    }

    /** Moves what is left of the slot. */
    public void moveKeys(String key, Node target) {
        int slot = SlotHash.getSlot(key);
        Node source = master(key);
        List<String> left = source.commands.clusterGetKeysInSlot(slot, KEYS_AT_ONCE);
        while (!left.isEmpty()) {
            source.commands.migrate(
                    "127.0.0.1",
                    target.port,
                    0,
                    5_000,
                    MigrateArgs.Builder.<String>keys(left).auth(PASSWORD));
            left = source.commands.clusterGetKeysInSlot(slot, KEYS_AT_ONCE);
        }
    }

    /** The replica takes over while its master lives, as for maintenance. */
    public void failOver(Node replica) {
        await().atMost(PATIENCE)
                .ignoreExceptionsInstanceOf(RedisException.class)
                .until(() -> {
                    replica.commands.clusterFailover(false);
                    return true;
                });
        await().atMost(PATIENCE).until(replica::isMaster);
        awaitWhole();
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        nodes.stream().filter(node -> node.process.isAlive()).forEach(Node::kill);
    }
}
