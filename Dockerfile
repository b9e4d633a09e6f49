# syntax=docker/dockerfile:1
# Two images from one build: `cascade`, the application, and `connect`, a Kafka Connect worker with the connector.

FROM eclipse-temurin:17-jdk AS build
WORKDIR /build
COPY .mvn .mvn
COPY mvnw pom.xml ./
COPY src src
# A jar without the embedded servers, target/lib with what it needs, target/connect with Debezium's connector.
RUN --mount=type=cache,target=/root/.m2 ./mvnw -B -ntp -Pproduction -Dmaven.test.skip=true package
COPY routes routes
RUN sed -i '/# embedded: from here/,/# embedded: end/d' routes/beans.camel.yaml

FROM apache/kafka:4.3.0 AS connect
COPY docker/connect.properties /opt/kafka/config/connect.properties
COPY --from=build /build/target/connect /opt/kafka/plugins
# Brings SnapshotTruncate, which the connector uses where cascade.connect.transforms says so.
COPY --from=build /build/target/cdc-cascade-*.jar /opt/kafka/plugins/debezium-connector-postgres/
ENV CONNECT_LISTENERS=http://0.0.0.0:8083 CONNECT_REPLICATION_FACTOR=1
EXPOSE 8083
# The base image's user is not root.
CMD ["/opt/kafka/bin/connect-distributed.sh", "/opt/kafka/config/connect.properties"]

FROM eclipse-temurin:17-jre AS cascade
WORKDIR /cascade
COPY --from=build /build/target/lib lib
COPY --from=build /build/target/cdc-cascade-*.jar cdc-cascade.jar
COPY application.properties ./
COPY --from=build /build/routes routes
ENV CASCADE_API_HOST=0.0.0.0 CASCADE_CLI_ENABLED=false
EXPOSE 8080
# Needs no name and no home: it writes nothing.
USER 10001:10001
ENTRYPOINT ["java", "-XX:MaxRAMPercentage=75", "-XX:+ExitOnOutOfMemoryError", \
    "-cp", "cdc-cascade.jar:lib/*", "io.cdccascade.Application"]
