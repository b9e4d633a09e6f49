package io.cdccascade.component;

import io.cdccascade.cache.CacheInvalidator;
import io.cdccascade.cache.CacheReader;
import io.cdccascade.http.Bulkheads;
import io.cdccascade.http.OpenApiDocument;
import io.cdccascade.http.PostgresProblems;
import io.cdccascade.http.ReadRequests;
import io.cdccascade.http.RunningRoutes;
import io.cdccascade.http.WriteRequests;
import io.cdccascade.invalidation.ChangeBatchReader;
import io.cdccascade.table.Loader;
import io.cdccascade.table.TableRegistry;
import io.netty.util.concurrent.EventExecutor;
import java.util.Map;
import java.util.TreeMap;
import org.apache.camel.AsyncProcessor;
import org.apache.camel.Processor;
import org.apache.camel.support.AsyncProcessorConverterHelper;

/** All steps of {@code cascade:}, by name. */
public final class Steps {

    private final Map<String, AsyncProcessor> steps = new TreeMap<>();

    /** The steps of reads and writes over HTTP. */
    public Steps http(
            TableRegistry tables,
            ReadRequests reads,
            WriteRequests writes,
            RunningRoutes routes,
            CacheReader cache,
            long readTimeoutMillis,
            Loader loader,
            PostgresProblems problems,
            OpenApiDocument document,
            EventExecutor loop,
            Bulkheads bulkheads) {
        steps.put("serve", new ServeStep(tables, reads, routes));
        steps.put("lookup", new LookupStep(cache));
        steps.put("load", new LoadStep(loader, bulkheads, cache));
        steps.put("fill", new FillStep(cache, readTimeoutMillis));
        add("answer", new AnswerStep());
        steps.put("check", new OnBulkhead(new CheckStep(writes), loop, bulkheads));
        steps.put("fence-write", new FenceWriteStep(cache));
        steps.put("explain", new ExplainStep(problems, loop, bulkheads));
        add("problem", new ProblemStep(cache));
        steps.put("describe", new OnBulkhead(new DescribeStep(document), loop, bulkheads));
        return this;
    }

    /**
     * The steps of invalidation.
     *
     * @param topicPrefix what the change topics' names start with, before {@code .schema.table}
     * @param tables      what is cached
     * @param cache       through a client that waits for Redis
     */
    public Steps invalidation(String topicPrefix, TableRegistry tables, CacheInvalidator cache) {
        add("read-changes", new ReadChangesStep(new ChangeBatchReader(topicPrefix, tables)));
        add("forget", new ForgetStep(cache));
        add("fence", new FenceStep(cache));
        add("dead-letters", new DeadLettersStep());
        add("commit", new CommitStep());
        return this;
    }

    private void add(String name, Processor step) {
        steps.put(name, AsyncProcessorConverterHelper.convert(step));
    }

    /** The steps by their names. */
    public Map<String, AsyncProcessor> byName() {
        return steps;
    }
}
