-- CreateTable
CREATE TABLE "uploaded_file" (
    "account_id" TEXT NOT NULL,
    "file_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "caller_id" TEXT NOT NULL,
    "tenant" TEXT,
    "bytes" INTEGER NOT NULL,

    CONSTRAINT "uploaded_file_pkey" PRIMARY KEY ("account_id","file_id")
);

-- CreateIndex
CREATE INDEX "uploaded_file_created_at_idx" ON "uploaded_file"("created_at");
