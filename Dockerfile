# Image of the service. docker-compose.yml runs it beside a PostgreSQL server; alone it keeps its
# data in the volume /data.

FROM node:26-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY .swcrc tsconfig.json prisma.config.ts ./
COPY prisma prisma
COPY scripts scripts
COPY src src
COPY client client
COPY console console
RUN npm run build

FROM node:26-slim
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=4000 \
    DATA_DIR=/data
WORKDIR /app
COPY package.json package-lock.json ./
# Without "optional" and "peer" Prisma's command line, 250 MB, would come along.
RUN npm ci --omit=dev --omit=optional --omit=peer --ignore-scripts --no-audit --no-fund \
  && npm cache clean --force \
  && install -d -o node -g node /data
COPY --from=build /app/dist dist
# Read at run time: the tables, the API's description, and the simulator's videos.
COPY prisma/migrations prisma/migrations
COPY schema.graphql ./
COPY assets assets
USER node
VOLUME ["/data"]
EXPOSE 4000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/readyz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# No shell and no npm in between: SIGTERM reaches the service, which finishes what is under way.
STOPSIGNAL SIGTERM
CMD ["node", "dist/main.js"]
