-- AlterTable
ALTER TABLE "uploaded_file" ADD COLUMN     "object_id" UUID;

-- CreateIndex
CREATE INDEX "uploaded_file_object_idx" ON "uploaded_file"("object_id") WHERE (object_id IS NOT NULL);
