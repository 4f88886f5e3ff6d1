-- AlterTable
ALTER TABLE "media_use" ADD COLUMN     "source_urls" TEXT[] DEFAULT ARRAY[]::TEXT[];
