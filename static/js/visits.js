// One look at where the telephone is, asked for by its owner: the two numbers go into the form and nowhere else.
for (const form of document.querySelectorAll("form[data-place]")) {
  if (!("geolocation" in navigator)) continue;
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    if (form.dataset.place === "known") return;
    event.preventDefault();
    const send = () => {
      form.dataset.place = "known";
      form.submit();
    };
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        form.elements.lat.value = coords.latitude;
        form.elements.lng.value = coords.longitude;
        send();
      },
      send,
      { enableHighAccuracy: true, timeout: 10000, maximumAge: 0 },
    );
  });
}
