-- AlterTable
ALTER TABLE "video_generation" ADD COLUMN     "input_image_bytes" INTEGER NOT NULL DEFAULT 0;

-- By hand: what is stored of those that came before.
UPDATE "video_generation" AS generation SET "input_image_bytes" = stored."bytes"
FROM (
    SELECT "generation_id", sum(octet_length("bytes"))::integer AS "bytes"
    FROM "input_image_chunk" GROUP BY "generation_id"
) AS stored
WHERE generation."id" = stored."generation_id";
