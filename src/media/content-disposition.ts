/** The header that makes a browser show a file, and save it under this name, which has letters, digits and `._-`. */
export function contentDisposition(downloadName: string): string {
  return `inline; filename="${downloadName.replaceAll(/[^\w.-]/g, '-')}"`;
}
