-- AlterTable
ALTER TABLE "video_generation" ADD COLUMN     "successor_id" UUID;

-- CreateIndex
CREATE UNIQUE INDEX "video_generation_successor_id_key" ON "video_generation"("successor_id");

-- AddForeignKey
ALTER TABLE "video_generation" ADD CONSTRAINT "video_generation_successor_id_fkey" FOREIGN KEY ("successor_id") REFERENCES "video_generation"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- By hand: of several that repeated one generation, the first.
UPDATE "video_generation" AS original SET "successor_id" = retry."id"
FROM (
    SELECT DISTINCT ON ("retry_of_id") "retry_of_id", "id" FROM "video_generation"
    WHERE "retry_of_id" IS NOT NULL ORDER BY "retry_of_id", "created_at", "id"
) AS retry
WHERE original."id" = retry."retry_of_id";
