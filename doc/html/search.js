// Sections that have all words of the search, those with a word in the heading first.
const box = document.getElementById("search");
const found = document.getElementById("found");
function look() {
  const words = box.value.toLowerCase().split(/\s+/).filter((w) => w.length > 1);
  found.replaceChildren();
  if (!words.length) return;
  const hits = [];
  for (const [page, anchor, heading, text] of sections) {
    const head = heading.toLowerCase();
    const all = head + " " + text.toLowerCase();
    if (words.every((w) => all.includes(w))) hits.push([words.filter((w) => head.includes(w)).length, page, anchor, heading]);
  }
  hits.sort((a, b) => b[0] - a[0]);
  for (const [, page, anchor, heading] of hits.slice(0, 20)) {
    const link = document.createElement("a");
    link.href = page + "#" + anchor;
    link.textContent = heading.replace(/`/g, "") + " (" + page.replace(".html", "") + ")";
    const item = document.createElement("li");
    item.append(link);
    found.append(item);
  }
  if (!hits.length) found.textContent = "nothing has all these words";
}
box.addEventListener("input", look);
