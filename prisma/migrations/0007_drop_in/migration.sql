-- CreateIndex
CREATE INDEX "video_generation_file_id_idx" ON "video_generation"("file_id") WHERE (file_id IS NOT NULL);
