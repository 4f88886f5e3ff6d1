-- CreateTable
CREATE TABLE "database_life" (
    "incarnation" TEXT NOT NULL,
    "noticed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "database_life_pkey" PRIMARY KEY ("incarnation")
);

-- By hand: what has generations of the present one has been it for long.
INSERT INTO "database_life" ("incarnation", "noticed_at")
SELECT DISTINCT incarnation, to_timestamp(0) FROM "video_generation";
