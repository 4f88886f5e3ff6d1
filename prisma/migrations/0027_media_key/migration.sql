-- CreateTable
CREATE TABLE "media_key" (
    "id" INTEGER NOT NULL,
    "secret" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "media_key_pkey" PRIMARY KEY ("id")
);
